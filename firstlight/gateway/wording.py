"""Every word of the status page, in English and Korean."""

from firstlight.dicom.deidentify import SENTENCES

WORDS = {
    "en": {
        "title": "Firstlight gateway", "well": "All is well", "states": "Files",
        "waiting": "Waiting to be de-identified", "cleaned": "Waiting to be sent",
        "sent": "Stored by the server", "held": "Kept back for a person",
        "discarded": "Given up", "oldest": "The oldest that waits came {} ago", "rate": "Stored in the last minute: {}",
        "free": "Room on the disk: {} GB", "held_list": "Kept back", "retry": "Try again", "discard": "Delete",
        "retry_all": "Try all again", "none": "Nothing is kept back.", "came": "came {} ago", "more": "and {} more",
        "never": "What is kept back never leaves this machine.", "listens": "Listens as {}", "sends": "Sends to {}",
        "look": "For text in pixels, run: firstlight look {}, draw and confirm, then try again here.",
    },
    "ko": {
        "title": "Firstlight 게이트웨이", "well": "모두 정상입니다", "states": "파일", "waiting": "비식별화 대기",
        "cleaned": "전송 대기", "sent": "서버에 저장됨", "held": "사람이 볼 때까지 보류", "discarded": "삭제함",
        "oldest": "가장 오래 기다린 파일은 {} 전에 왔습니다", "rate": "최근 1분 동안 저장: {}",
        "free": "디스크 여유: {} GB", "held_list": "보류된 파일", "retry": "다시 시도", "discard": "삭제",
        "retry_all": "모두 다시 시도", "none": "보류된 파일이 없습니다.", "came": "{} 전에 옴", "more": "그 밖에 {}개",
        "never": "보류된 파일은 이 컴퓨터를 떠나지 않습니다.", "listens": "수신: {}", "sends": "전송: {}",
        "look": "화소 속 글자는 firstlight look {} 명령으로 확인하고 가린 뒤 여기서 다시 시도하세요.",
    },
}  # fmt: skip

TROUBLES = {
    "token": ("The server does not accept the token. Everything is kept until it does.",
              "서버가 토큰을 받아들이지 않습니다. 받아들일 때까지 모두 보관합니다."),
    "address": ("The server does not know this address or outbreak. Everything is kept until it does.",
                "서버에 이 주소나 유행이 없습니다. 생길 때까지 모두 보관합니다."),
    "certificate": ("The server's certificate cannot be trusted. Everything is kept until it can.",
                    "서버 인증서를 믿을 수 없습니다. 해결될 때까지 모두 보관합니다."),
    "no-connection": ("The server cannot be reached. Everything is kept and sent later.",
                      "서버에 연결되지 않습니다. 모두 보관했다가 나중에 보냅니다."),
    "disk-full": ("The disk is full. Senders are told so and nothing is lost; make room.",
                  "디스크가 가득 찼습니다. 보내는 쪽에 알렸고 잃은 것은 없습니다. 공간을 마련해 주세요."),
    "disk-error": ("The disk cannot be used. Nothing is lost; look at the machine.",
                   "디스크를 쓸 수 없습니다. 잃은 것은 없습니다. 컴퓨터를 확인해 주세요."),
}  # fmt: skip
NO_ANSWER = ("The server does not answer. Everything is kept and sent later.",
             "서버가 응답하지 않습니다. 모두 보관했다가 나중에 보냅니다.")  # fmt: skip

HELD = {
    "doubtful-pixels": "영상 안에 글자가 있을 수 있어 사람이 확인해야 합니다.",
    "burned-in-annotation": "영상 안에 글자가 새겨져 있다고 적혀 있습니다.",
    "unknown-sop-class": "아직 판단하지 않는 종류의 객체입니다.",
    "conflict": "SOP Instance UID가 같은데 내용이 다른 파일이 있습니다.",
    "residual": "비식별화한 결과에서 신원 정보가 남은 것이 발견되었습니다.",
    "too-large": "너무 커서 처리하지 못했습니다.",
    "damaged": "파일이 손상되어 끝까지 읽을 수 없습니다.",
    "truncated": "파일이 중간에서 끊겼습니다.",
    "not-dicom": "DICOM 파일이 아닙니다.",
    "no-pixel-data": "영상이 들어 있지 않습니다.",
}
SERVER_HELD = {
    "server-receipt": ("The server did not accept its receipt: the key may be revoked or belong to another site.",
                       "서버가 영수증을 받지 않았습니다. 키가 폐기되었거나 다른 기관의 것일 수 있습니다."),
    "server-scan-differs": ("The server's own look found more than the receipt says.",
                            "서버가 다시 살펴보니 영수증에 적힌 것보다 많은 것이 나왔습니다."),
    "server-conflict": ("The server has other bytes under its UID.",
                        "서버에 같은 UID로 다른 내용이 저장되어 있습니다."),
    "server-key-revoked": ("This site's key was revoked at the server.", "서버에서 이 기관의 키가 폐기되었습니다."),
}  # fmt: skip
SERVER = ("The server holds it until a person has looked there.", "서버가 사람이 볼 때까지 보류했습니다.")


def trouble(code: str, *, korean: bool) -> str:
    """The sentence for a trouble's code."""
    return TROUBLES.get(code, NO_ANSWER)[korean]


def why_held(reason: str, *, korean: bool) -> str:
    """The sentence for why a file is kept back."""
    if reason.startswith("server-"):
        return SERVER_HELD.get(reason, SERVER)[korean]
    sentence = SENTENCES.get(reason, "it could not be de-identified")
    return HELD.get(reason, "비식별화할 수 없어 보류했습니다.") if korean else f"{sentence[0].upper()}{sentence[1:]}."
