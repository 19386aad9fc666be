"""Routes of signing in and of the own account; under accounts/, in its name space."""

from django.urls import path

from qcportal.entrance.views import codes, own, second, sessions, sign_in

entering = [
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/<slug:channel>/", sign_in.sign_in, name="sign_in_channel"),
    path("second-step/", sign_in.second_step, name="second_step"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("captcha/<slug:key>/", sign_in.captcha, name="captcha"),
    path("code/", codes.code, name="code"),
    path("code/enter/", codes.code_enter, name="code_enter"),
    path("reset/", codes.reset, name="reset"),
    path("reset/enter/", codes.reset_enter, name="reset_enter"),
]

minding = [
    path("", own.account, name="account"),
    path("name/", own.name, name="name"),
    path("mobile/", own.mobile, name="mobile"),
    path("mobile/enter/", own.mobile_enter, name="mobile_enter"),
    path("email/", own.email, name="email"),
    path("email/enter/", own.email_enter, name="email_enter"),
    path("second-factor/", second.second_factor_page, name="second_factor"),
    path("second-factor/codes/", second.recovery_codes, name="recovery_codes"),
    path("second-factor/codes/renew/", second.renew_codes, name="recovery_codes_renew"),
    path("second-factor/off/", second.switch_off, name="second_factor_off"),
    path("sessions/", sessions.session_list, name="sessions"),
    path("sessions/<int:number>/end/", sessions.session_end, name="session_end"),
    path("sessions/end-others/", sessions.end_others, name="sessions_end_others"),
]

urlpatterns = [*entering, *minding]
