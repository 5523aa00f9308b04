# ruff: noqa: E501
"""Texts with planted identity beside clinical words, for tests: names of several cultures, numbers, dates, places."""

from __future__ import annotations

import random

PEOPLE = {
    "western": ["Thornwick Aldous", "Mirabeth Osgathorpe", "Quillan Brandreth", "Ottoline Featherstonehaugh"],
    "german": ["Jörg Müllenbach", "Käthe Größwang", "Wolfhelm Dörrenbächer"],
    "slavic": ["Zdzisława Krzyżanowska", "Bogumił Wojtasik", "Svetozar Dragoljević"],
    "spanish": ["Íñigo Echeverría Zubizarreta", "Consolación Villanueva"],
    "vietnamese": ["Nguyễn Thị Phương", "Trần Quốc Đạt"],
    "indian": ["Venkataraghavan Subbiah", "Lakshmipriya Nallathambi"],
    "arabic": ["Abdulrahman Al-Ghamdi", "Fatimah bint Yusuf"],
    "african": ["Oluwaseun Adeyemi-Bakare", "Chukwuemeka Nwachukwu"],
    "japanese": ["Shigeyoshi Kuribayashi", "Tatsunosuke Higashiyama", "栗林重義"],
    "chinese": ["Zhuang Xiaoqing", "Ouyang Zhenhua", "欧阳振华"],
    "korean": ["홍길동", "남궁민수", "제갈윤서", "황보라온", "Namgoong Minsoo", "Pyo Jihoon"],
}
NAMES = [name for names in PEOPLE.values() for name in names]
CLINICAL = [
    "CT chest without contrast", "Follow up of pneumonia", "CHEST PA", "Shortness of breath", "MR BRAIN W/O CONTRAST",
    "right upper lobe nodule 6 mm", "흉부 CT 추적검사", "폐렴 의심", "Abdominal pain, r/o appendicitis",
]  # fmt: skip


def spelled(name: str, dice: random.Random) -> str:
    """A name in one of the ways people type it."""
    words = name.split()
    ways = [name, name.upper(), name.lower(), "^".join(reversed(words)), ", ".join(reversed(words)), " ".join(name)]
    ways += [f"{words[-1].upper()} {words[0][0]}.", f"{words[0][0]}. {words[-1]}", f"Dr. {name}", f"Dr {words[-1]}"]
    ways += [
        f"by {name}",
        f"ref {words[-1]}",
        f"{name} MD",
        f"{name}님",
        f"pt name: {name}",
        "-".join(words),
        "_".join(words),
    ]
    return dice.choice(ways)


def number(dice: random.Random) -> tuple[str, str]:
    """A number that is somebody's, in one of its forms, and the digits that must not survive."""
    digits = "".join(dice.choice("123456789") for _ in range(13))
    forms = [
        f"MRN {digits[:7]}", f"MRN: {digits[:3]}-{digits[3:6]}-{digits[6:8]}", f"#{digits[:6]}", f"acc# A{digits[:8]}",
        f"ID {digits[:5]}", f"{digits[:3]}-{digits[3:5]}-{digits[5:9]}", f"({digits[:3]}) {digits[3:6]}-{digits[6:10]}",
        f"+82 10 {digits[:4]} {digits[4:8]}", f"010-{digits[:4]}-{digits[4:8]}", f"02){digits[:3]}-{digits[3:7]}",
        f"{digits[:6]}-{digits[6:13]}", f"{digits[:6]} {digits[6:13]}", digits, f"등록번호 {digits[:8]}", f"차트번호: {digits[:6]}",
        f"M{digits[:8]}", f"M{digits[:3]}A{digits[3:7]}", f"{digits[:2]}-{digits[2:4]}-{digits[4:10]}-{digits[10:12]}",
        f"tel {digits[:3]}.{digits[3:6]}.{digits[6:10]}", " ".join(digits[:8]), f"10.{digits[:2]}.{digits[2:4]}.{digits[4:6]}",
        f"{digits[:4]} {digits[4:8]} {digits[8:12]}", digits[:8].translate({code: code + 0xFEE0 for code in range(48, 58)}),
    ]  # fmt: skip
    return dice.choice(forms), digits


def date(dice: random.Random) -> tuple[str, int]:
    """A date in one of its forms, and its year."""
    year, month, day = dice.randint(1931, 2024), dice.randint(1, 12), dice.randint(13, 28)
    short = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()[month - 1]  # noqa: SIM905
    forms = [
        f"{month:02}/{day:02}/{year}", f"{day}.{month}.{year}", f"{year}-{month:02}-{day:02}", f"{year}.{month:02}.{day:02}",
        f"{year}{month:02}{day:02}", f"{day}-{short.title()}-{year % 100:02}", f"{day}{short}{year}", f"{short} {day}, {year}",
        f"{day}th of {short.title()} {year}", f"{year}년 {month}월 {day}일", f"{month}/{day}/{year % 100:02}", f"{year}/{month}/{day}",
        f"{year}-{month:02}-{day:02}T10:22:31", f"{short.title()} {year}", f"DOB {month}-{day}-{year}", f"'{year % 100:02}",
    ]  # fmt: skip
    return dice.choice(forms), year


PLACES = (
    "742 Evergreen Terrace", "1600 Thistledown Avenue", "12 Quernmore Road", "서울특별시 종로구 대학로 101", "부산시 해운대구 우동 1408-5",
    "경기도 성남시 분당구 판교로 235번길 12", "http://pacs.thornwick.example/wado?x=1", "o.brandreth@gaon-clinic.org",
    "192.168.17.23", "00:1B:44:11:3A:B7", "Thornwick Memorial Hospital", "가온누리병원", "Oakhurst University Hospital", "가온 병원",
)  # fmt: skip
