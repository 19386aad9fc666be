"""The invented cast: recommending bodies, units, groups, judges. Names only, no numbers
of real persons; mobiles are of a block never handed out for this purpose."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Body:
    name: str
    short: str
    letters: str
    kind: str
    person: str


@dataclass(frozen=True)
class Unit:
    name: str
    short: str
    body: int
    industry: str
    address: str
    person: str
    keeper: str = ""


@dataclass(frozen=True)
class Group:
    name: str
    unit: int
    department: str
    person: str


INDUSTRIES = {
    "equipment": "装备和智能制造",
    "chemical": "化工医药和新材料",
    "construction": "建设工程",
    "transport": "交通运输",
    "health": "医疗和养老服务",
    "information": "信息和金融服务",
    "city": "城市运行和物业",
    "consumer": "食品和消费品",
}


def industry_code(label: str) -> str:
    """The choice of the application form that says ``label``."""
    return next(code for code, found in INDUSTRIES.items() if found == label)


BODIES = [
    Body("浦东新区质量协会", "浦东新区质协", "PD", "district", "李婉清"),
    Body("闵行区质量协会", "闵行区质协", "MH", "district", "陶景行"),
    Body("轨道交通行业质量协会", "轨道行业质协", "GJ", "industry", "陆志强"),
    Body("建设工程行业质量协会", "建设行业质协", "JS", "industry", "韩雨桐"),
    Body("申江电气集团有限公司", "申江电气集团", "SJ", "corporation", "蒋一帆"),
    Body("医院质量管理专委会", "医院专委会", "YY", "industry", "许静姝"),
]

UNITS = [
    Unit("上海申浦轨道车辆维修有限公司", "申浦轨道车辆", 0, "transport", "上海市浦东新区川沙路1180号车辆段B库", "王敏", "方正言"),
    Unit("上海张江晶微电子材料有限公司", "张江晶微电子", 0, "equipment", "上海市浦东新区祖冲路618号", "沈佳怡", "陈砚秋"),
    Unit("东海岸自来水（上海）有限公司", "东海岸自来水", 0, "city", "上海市浦东新区临沂北路239号", "周敏达"),
    Unit("上海临港冷链物流有限公司", "临港冷链物流", 0, "transport", "上海市浦东新区洋浩路777号", "徐文杰"),
    Unit("上海浦建装配式构件有限公司", "浦建装配式构件", 0, "construction", "上海市浦东新区惠南路1502号", "钱国平"),
    Unit("浦东康颐养护院", "康颐养护院", 0, "health", "上海市浦东新区三林路386弄9号", "吴䶮"),
    Unit("上海浦航地面服务有限公司", "浦航地面服务", 0, "transport", "上海市浦东新区迎宾大道6000号", "何俊贤"),
    Unit("上海金杨物业服务有限公司", "金杨物业服务", 0, "city", "上海市浦东新区云山路1020号", "孙晓梅"),
    Unit("上海闵环设备制造有限公司", "闵环设备", 1, "equipment", "上海市闵行区剑川路910号", "郑凯文"),
    Unit("上海闵江社区服务中心", "闵江社区", 1, "health", "上海市闵行区江川路88号", "冯雅楠"),
    Unit("上海七宝食品有限公司", "七宝食品", 1, "consumer", "上海市闵行区七莘路3655号", "袁立新"),
    Unit("上海莘闵印务有限公司", "莘闵印务", 1, "consumer", "上海市闵行区金都路3688号", "彭子涵"),
    Unit("上海申轨运营第二有限公司", "申轨二运", 2, "transport", "上海市徐汇区桂林路909号", "潘逸群"),
    Unit("上海申轨供电维护有限公司", "申轨供电", 2, "transport", "上海市静安区恒通路222号", "葛天成"),
    Unit("上海申轨通信信号有限公司", "申轨通号", 2, "information", "上海市静安区秣陵路303号", "范思远"),
    Unit("上海洋帆港机服务有限公司", "洋帆港机", 2, "equipment", "上海市宝山区淞浦路26号", "卢海涛"),
    Unit("上海浦江基础工程有限公司", "浦江基础", 3, "construction", "上海市普陀区中江路388号", "丁建业"),
    Unit("上海沪建装饰工程有限公司", "沪建装饰", 3, "construction", "上海市杨浦区军工路1300号", "顾全安"),
    Unit("上海安筑混凝土有限公司", "安筑混凝土", 3, "construction", "上海市宝山区富锦路888号", "曾伟明"),
    Unit("申江电气集团开关有限公司", "申江开关", 4, "equipment", "上海市奉贤区环城北路99号", "薛亮"),
    Unit("申江电气集团电机有限公司", "申江电机", 4, "equipment", "上海市嘉定区沪宜公路1185号", "叶知秋"),
    Unit("申江电气集团线缆有限公司", "申江线缆", 4, "equipment", "上海市松江区茸北路58号", "任长风"),
    Unit("上海沪西康宁医院", "沪西康宁医院", 5, "health", "上海市长宁区仙霞路1111号", "苏婉如"),
    Unit("上海城北儿童医院", "城北儿童医院", 5, "health", "上海市虹口区场中路18号", "贺兰亭"),
    Unit("上海和衷中医医院", "和衷中医医院", 5, "health", "上海市黄浦区复兴路75号", "秦若水"),
]  # fmt: skip

GROUPS = [
    Group("启明星QC小组", 0, "质量安全部", "顾晓岚"),
    Group("磐石QC小组", 0, "检修一部", "陈立群"),
    Group("匠心QC小组", 0, "检修二部", "周昇"),
    Group("微尘QC小组", 1, "光刻胶工艺部", "林可欣"),
    Group("追光QC小组", 1, "设备部", "赵翀"),
    Group("清泉QC小组", 2, "管网运行部", "李玥"),
    Group("活水QC小组", 2, "水质检测中心", "高远山"),
    Group("极光QC小组", 3, "配送中心", "唐一鸣"),
    Group("极速QC小组", 3, "仓储部", "白晓燕"),
    Group("精筑QC小组", 4, "构件生产部", "武承志"),
    Group("暖阳QC小组", 5, "护理三区", "章慧"),
    Group("云端QC小组", 6, "客舱清洁部", "施展"),
    Group("准点QC小组", 6, "行李分拣部", "霍达"),
    Group("邻里QC小组", 7, "客服中心", "夏雨荷"),
    Group("齐心QC小组", 7, "工程维保部", "尤志远"),
    Group("恒温QC小组", 8, "总装车间", "贾明"),
    Group("锐进QC小组", 8, "机加工车间", "段誉成"),
    Group("暖心QC小组", 9, "助餐服务部", "俞静"),
    Group("醇香QC小组", 10, "烘焙车间", "马丽娜"),
    Group("彩韵QC小组", 11, "印刷车间", "石磊"),
    Group("安途QC小组", 12, "乘务部", "邵波"),
    Group("守望QC小组", 12, "站务部", "万晴"),
    Group("电力先锋QC小组", 13, "接触网工区", "崔健"),
    Group("信号灯QC小组", 14, "信号维护部", "买买提·阿不都"),
    Group("海港之星QC小组", 15, "岸桥维修部", "龚正"),
    Group("深基QC小组", 16, "地下连续墙项目部", "汪洋"),
    Group("磐基QC小组", 16, "盾构项目部", "康宁"),
    Group("精饰QC小组", 17, "幕墙项目部", "孟凡"),
    Group("坚石QC小组", 18, "试验室", "严谨"),
    Group("匠芯QC小组", 19, "高压开关装配部", "梁栋"),
    Group("银弧QC小组", 19, "镀银车间", "宋词"),
    Group("旋风QC小组", 20, "绕线车间", "常青"),
    Group("静音QC小组", 20, "试验站", "邹衍"),
    Group("导航QC小组", 21, "挤塑车间", "樊星"),
    Group("慧检QC小组", 22, "检验科", "温婉"),
    Group("准针QC小组", 22, "门诊部", "左思源"),
    Group("童心QC小组", 23, "输液室", "柳依依"),
    Group("守护QC小组", 23, "重症监护室", "关山月"),
    Group("百草QC小组", 24, "中药房", "杜仲"),
    Group("回春QC小组", 24, "康复科", "骆冰"),
]

# The first units' managers, and somebody each has invited.
MANAGERS = ["江敏之", "白一宁"]
INVITED = ["蒋思源", "梅若溪"]
JUDGES = ["曹文斌", "严素芬", "许明远", "孔庆华", "魏建军", "姜若兰"]
OFFICERS = ["周岚", "许静"]
