"""What applicants put their name to. A changed text gets a new version; an
application keeps the version it was made under."""

UNDERTAKING_VERSION = "2020-1"
UNDERTAKING = (
    "本单位承诺：所填单位名称与公章一致，信息真实、准确；",
    "申报材料由本单位小组活动形成，不弄虚作假，不侵犯他人权益；",
    "账号由授权的经办人使用，在平台上办理的事项由本单位负责。",
)
CONSENT_VERSION = "2020-1"
CONSENT = (
    "平台收集您的姓名、用户名，以及您愿意填写的手机和邮箱，只用于开通账号、核对身份和办理申报时联系您。",
    "负责核对的单位管理员、推荐单位和秘书处看得到这些内容，其他人看不到，也不会公布。",
    "您可以随时请秘书处更正，或停用账号。",
)
