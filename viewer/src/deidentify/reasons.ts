/** Why a file stays here, is held, or could not be sent; and why an element went: in Korean and English. */

type InBoth = readonly [en: string, ko: string];

/** Codes of `firstlight.dicom` for a file that never leaves this computer. */
export const KEPT_HERE: Record<string, InBoth> = {
  'not-dicom': ['This is not a DICOM file.', 'DICOM 파일이 아닙니다.'],
  truncated: ['The file ends too early. Export it again from its source.', '파일이 중간에서 끊겼습니다. 원본에서 다시 내보내 주세요.'],
  damaged: ['The file is damaged and cannot be read whole.', '파일이 손상되어 끝까지 읽을 수 없습니다.'],
  'no-transfer-syntax': ['The file does not say how it is encoded.', '어떤 방식으로 부호화되었는지 적혀 있지 않습니다.'],
  'unsupported-transfer-syntax': ['This encoding is not supported.', '지원하지 않는 부호화 방식입니다.'],
  'no-sop-class': ['The file does not say what kind of object it is.', '어떤 종류의 객체인지 적혀 있지 않습니다.'],
  'no-sop-instance': ['The image has no valid SOP Instance UID.', '올바른 SOP Instance UID가 없습니다.'],
  'no-study': ['The image has no valid Study Instance UID.', '올바른 Study Instance UID가 없습니다.'],
  'no-series': ['The image has no valid Series Instance UID.', '올바른 Series Instance UID가 없습니다.'],
  dicomdir: ['This is the directory of a disc, not an image.', '영상이 아니라 디스크의 목차(DICOMDIR)입니다.'],
  'too-large': ['The file is too large for a browser. Use firstlight deidentify on the command line.', '브라우저에서 처리하기에는 너무 큽니다. 명령줄의 firstlight deidentify를 사용해 주세요.'],
  'unreadable-file': ['The file could not be opened.', '파일을 열 수 없습니다.'],
  'not-addressable': ['Its images lie inside a compressed stream.', '영상이 압축된 묶음 안에 있어 따로 꺼낼 수 없습니다.'],
  'frames-not-byte-aligned': ['Its frames do not begin at whole bytes.', '프레임이 바이트 경계에서 시작하지 않습니다.'],
  'no-pixel-data': ['The object holds no image.', '영상이 들어 있지 않은 객체입니다.'],
  'unknown-sop-class': ['Objects of this kind are not accepted yet.', '아직 받지 않는 종류의 객체입니다.'],
  'doubtful-pixels': ['Images of this kind often carry names in their pixels, and a browser cannot read them. Use firstlight deidentify on the command line, or the gateway.', '화면 안에 이름이 적혀 있는 일이 많은 종류인데, 브라우저는 그 글자를 읽지 못합니다. 명령줄의 firstlight deidentify나 게이트웨이를 사용해 주세요.'],
  'burned-in-annotation': ['The file says that text is burned into its pixels.', '영상 안에 글자가 새겨져 있다고 적혀 있습니다.'],
  'visual-features': ['Nobody has confirmed that no face can be recognized in it.', '얼굴을 알아볼 수 없다는 확인이 없습니다.'],
  document: ['It wraps a document, such as a PDF, that cannot be cleaned here.', '여기서 정제할 수 없는 문서(PDF 등)가 들어 있습니다.'],
  'raw-data': ['It is raw data that only the maker of the device can read.', '장비 제조사만 읽을 수 있는 원시 자료입니다.'],
  audio: ['It is a sound recording: a voice tells who speaks.', '음성 기록이라 목소리로 사람을 알 수 있습니다.'],
  video: ['It is a video, and videos are not looked into here.', '동영상은 여기서 살펴보지 않습니다.'],
  residual: ['A word or number of the patient was still found in the result, so it was kept back.', '결과에 환자의 이름이나 번호가 남아 있어 보내지 않았습니다.'],
  link: ['This is a link to something outside the folder.', '폴더 밖을 가리키는 링크입니다.'],
  'not-a-file': ['This is neither a file nor a folder.', '파일도 폴더도 아닙니다.'],
  conflict: ['Another file has the same SOP Instance UID and different content.', '다른 파일과 SOP Instance UID가 같은데 내용이 다릅니다.'],
  'no-room': ['This browser has no more room. Send what is ready, then drop the folder again: nothing is sent twice.', '이 브라우저에 더 담을 자리가 없습니다. 준비된 것을 보낸 뒤 폴더를 다시 놓아 주세요. 두 번 보내지 않습니다.'],
  'not-kept': ['What this browser kept of it can no longer be read. Drop the folder again: nothing is sent twice.', '이 브라우저에 보관한 결과를 읽을 수 없습니다. 폴더를 다시 놓아 주세요. 두 번 보내지 않습니다.'],
  repeated: ['The same image was in this folder already. It is sent once.', '같은 영상이 이미 있습니다. 한 번만 보냅니다.'],
};

/** Codes of the server for a de-identified image that it holds for a person. */
const HELD_THERE: Record<string, InBoth> = {
  'not-deidentified': ['The server is not satisfied that the identity was removed.', '서버가 신원 정보가 모두 지워졌다고 보지 않았습니다.'],
  'no-receipt': ['The server did not find its receipt.', '서버가 이 영상의 영수증을 찾지 못했습니다.'],
  'scan-differs': ['The server’s own second look found more than its receipt says.', '서버가 다시 살펴보니 영수증에 적힌 것보다 더 많은 것이 나왔습니다.'],
  'receipt-differs': ['Its receipt lists it under another UID.', '영수증에 다른 UID로 적혀 있습니다.'],
  'key-revoked': ['The key of its receipt was revoked. Ask an administrator.', '영수증의 서명 키가 폐기되었습니다. 관리자에게 문의해 주세요.'],
  conflict: ['Other bytes are stored under this UID already. Nothing was overwritten.', '같은 UID로 다른 내용이 이미 저장되어 있습니다. 덮어쓰지 않았습니다.'],
  'series-in-another-study': ['This series is already stored as part of another study.', '이 시리즈는 이미 다른 검사에 속해 있습니다.'],
  'study-in-another-outbreak': ['This study already belongs to another outbreak.', '이 검사는 이미 다른 유행에 속해 있습니다.'],
};
const HELD: InBoth = ['The server holds it until a person has looked.', '서버가 사람이 확인할 때까지 보류했습니다.'];

const NOT_SENT: Record<string, InBoth> = {
  'no-connection': ['There was no connection to the server.', '서버에 연결되지 않았습니다.'],
  'server-busy': ['The server did not manage to answer.', '서버가 응답하지 못했습니다.'],
  'server-refused': ['The server did not accept the request.', '서버가 요청을 받아들이지 않았습니다.'],
  'receipt-refused': ['The server did not accept the receipt: its key may be revoked, or belong to another site. Ask an administrator.', '서버가 영수증을 받지 않았습니다. 서명 키가 폐기되었거나 다른 기관의 것일 수 있습니다. 관리자에게 문의해 주세요.'],
  'signed-out': ['You are signed out. Sign in again in another tab, then try again here.', '로그아웃되었습니다. 다른 탭에서 다시 로그인한 뒤 여기서 다시 시도해 주세요.'],
  'not-allowed': ['You may not store images, or this page is too old. Load it again.', '영상을 올릴 권한이 없거나 페이지가 오래되었습니다. 페이지를 새로 여세요.'],
  'no-answer': ['The server said nothing about this image.', '서버가 이 영상에 대해 답하지 않았습니다.'],
};

/** Why an element went or changed, as `firstlight.dicom` says it. */
const WHY_CHANGED: Record<string, string> = {
  'Places the examination on the calendar.': '검사 날짜를 알 수 있습니다.',
  'Free text: it may name anybody.': '자유롭게 쓴 글이라 누구의 이름이든 들어 있을 수 있습니다.',
  'May identify a person, a place or an order.': '사람, 장소 또는 처방을 알아볼 수 있습니다.',
  "Links to the same object in the hospital's archive.": '병원 저장소의 원본과 이어집니다.',
  'Identifies one device, and so its hospital.': '장비를, 따라서 병원을 알아볼 수 있습니다.',
  'Names a person or a body.': '사람이나 기관의 이름입니다.',
  'Identifies the patient or the visit.': '환자나 내원을 알아볼 수 있습니다.',
  'Leads to a person or a place.': '사람이나 장소로 이어집니다.',
  'Identifies an institution.': '기관을 알아볼 수 있습니다.',
  'Describes the patient.': '환자의 특징입니다.',
  "Leads to the order in the hospital's own system.": '병원 시스템의 처방으로 이어집니다.',
  'Identifies the patient.': '환자를 알아볼 수 있습니다.',
  'Identifies a specimen.': '검체를 알아볼 수 있습니다.',
  'A signature over what has changed, or of a person.': '바뀐 내용이나 사람에 대한 서명입니다.',
  'Graphics that may carry text.': '글자가 들어 있을 수 있는 그래픽입니다.',
  'A private attribute: only its maker knows what it holds.': '제조사만 내용을 아는 사설 속성입니다.',
  'No row of the profile keeps it.': '프로파일에 남기라는 항목이 없습니다.',
  'What text stays is ASCII or UTF-8.': '남는 글자는 ASCII 또는 UTF-8입니다.',
  'Pixel data of another image.': '다른 영상의 화소입니다.',
  'Says that and how this object was de-identified.': '비식별화했다는 사실과 방법을 적습니다.',
  'Its value does not fit its kind.': '값이 그 종류에 맞지 않습니다.',
  "Its VR is not the standard's.": 'VR이 표준과 다릅니다.',
  'A code of no standard scheme.': '표준 체계에 없는 코드입니다.',
  'It holds a word of a name or number found elsewhere in the object.': '같은 객체에 있는 이름이나 번호의 일부가 들어 있습니다.',
  'Says what kind of object this is and how it belongs together.': '객체의 종류와 서로의 관계를 나타냅니다.',
  'Where the image lies in its series and in space.': '시리즈와 공간 안에서의 위치입니다.',
  "The maker explains differences between images; only known makers' words stay.": '제조사에 따라 영상이 다릅니다. 알려진 제조사 이름만 남깁니다.',
  'A code of a standard scheme.': '표준 체계의 코드입니다.',
  'The version of a standard scheme.': '표준 체계의 판입니다.',
  'What a standard code means.': '표준 코드의 뜻입니다.',
  "The model explains differences between images; only models' words stay.": '기종에 따라 영상이 다릅니다. 기종 이름만 남깁니다.',
  'The body part, often typed by hand.': '촬영 부위입니다. 손으로 적는 일이 많습니다.',
  'How the image was acquired.': '촬영 조건입니다.',
  'The software explains differences between images.': '소프트웨어에 따라 영상이 다릅니다.',
  'How contrast was given.': '조영제 사용입니다.',
  'The filter changes noise and contrast.': '필터는 잡음과 대조도를 바꿉니다.',
  'The reconstruction kernel changes every texture.': '재구성 커널은 질감을 바꿉니다.',
  'How the pixels are to be read and shown.': '화소를 읽고 보여 주는 방법입니다.',
  'Text in the pixels was blacked out.': '화소 속 글자를 검게 가렸습니다.',
  'Comments inside the compressed stream may carry text.': '압축 자료 안의 주석에 글자가 들어 있을 수 있습니다.',
  'Nothing stays that is longer than the image.': '영상보다 긴 자료는 남기지 않습니다.',
  'An overlay lay in unused bits of the pixels.': '화소의 쓰지 않는 비트에 오버레이가 있었습니다.',
  'A private attribute that PS3.15 lists as safe.': 'PS3.15가 안전하다고 정한 사설 속성입니다.',
  'A content item that says whom the report is about.': '판독문이 누구에 관한 것인지 알리는 항목입니다.',
  'Structured content: concepts as codes, and measurements.': '구조화된 내용: 코드로 적은 개념과 측정값입니다.',
  'Radiotherapy: geometry, dose and machine settings.': '방사선치료: 기하, 선량, 장비 설정입니다.',
  'How an image is to be shown, and what is marked in it.': '영상을 보여 주는 방법과 표시한 내용입니다.',
  'What was measured.': '측정한 내용입니다.',
  'What is segmented, and how.': '무엇을 어떻게 분할했는지입니다.',
  'How images are registered.': '영상을 어떻게 정합했는지입니다.',
  'Surfaces and tracks in space.': '공간 속의 면과 궤적입니다.',
  'Carries the attributes above for each frame.': '프레임마다 위의 속성을 담습니다.',
  'The waveform.': '파형입니다.',
  'The spectrum.': '스펙트럼입니다.',
  'The image.': '영상입니다.',
};

export const isKorean = document.documentElement.lang.toLowerCase().startsWith('ko');

/** A sentence for a reason's code; a code that came later than this page gets a general one. */
export function sentenceFor(code: string): string {
  const held = code.startsWith('held:');
  const found = held ? (HELD_THERE[code.slice(5)] ?? KEPT_HERE[code.slice(5)] ?? HELD) : (KEPT_HERE[code] ?? NOT_SENT[code]);
  const [en, ko] = found ?? [`It was kept back (${code}).`, `보류되었습니다 (${code}).`];
  return isKorean ? ko : en;
}

/** The reason of one change, and the language it is in where that is not the page's. */
export function whyChanged(reason: string): { words: string; lang?: string } {
  if (!isKorean) return { words: reason };
  const ko = WHY_CHANGED[reason];
  return ko ? { words: ko } : { words: reason, lang: 'en' };
}
