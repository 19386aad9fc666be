"""The pages of submissions, a module per desk; views read, ask and hand over."""
