/** Every word the viewer says, in Korean and English. */

import type { PresetName } from './presets';
import type { MarkKind, MeasureKind } from './shapes';
import type { ToolbarCommand } from './toolbar';
import type { HandTool } from './tools';
import type { Irregularity, SlabKind } from './volume';

type Ninths = readonly (readonly [string, string, string])[];

interface Words {
  tools: Record<HandTool, string>;
  measures: Record<MeasureKind, string>;
  markKinds: Record<MarkKind, string>;
  presets: Record<PresetName, string>;
  commands: Record<ToolbarCommand | 'leaveFullScreen', string>;
  planes: Record<'axial' | 'coronal' | 'sagittal', string>;
  slabs: Record<SlabKind, string>;
  ninths: Ninths;
  linked: Record<'off' | 'space' | 'step', string>;
  mprRefused: Record<Irregularity | 'memory' | 'values', string>;
  toolGroup: string;
  windowGroup: string;
  windowEntry: string;
  viewGroup: string;
  layoutGroup: string;
  measureGroup: string;
  moreGroup: string;
  seriesGroup: string;
  segments: string;
  noSeries: string;
  close: string;
  retry: string;
  apply: string;
  level: string;
  width: string;
  speed: string;
  slider: string;
  window: string;
  zoom: string;
  thickness: string;
  position: string;
  keyImage: string;
  loading: string;
  preview: string;
  noImages: string;
  seriesFailed: string;
  detector: string;
  pixels: string;
  noValue: string;
  unlinked: string;
  marksShown: string;
  marksHidden: string;
  linkCopied: string;
  linkInAddress: string;
  savingData: string;
  notSavingData: string;
  askTitle: string;
  loadAsSeen: string;
  keysHint: string;
  drawHint: string;
  caretHint: string;
  mprTitle: string;
  mprReady: string;
  mprClose: string;
  planeRole: string;
  slab: string;
  slabThickness: string;
  loaded(loaded: number, total: number): string;
  toCome(amount: string): string;
  toComeFor(amount: string, seconds: number): string;
  loadRest(amount: string): string;
  ask(images: number, amount: string): string;
  slice(slice: number, total: number): string;
  sliceLoading(slice: number): string;
  sliceFailed(slice: number): string;
  chooseSeries(cell: number): string;
  cell(number: number): string;
  layout(rows: number, columns: number): string;
  ellipse(mean: string, range: string, area: string): string;
  mark(kind: string, place: string, label: string): string;
  pointDown(count: number, wanted: number, isOpenEnded: boolean): string;
  removed(words: string): string;
  planeAt(name: string, at: number, count: number): string;
  crosshair(column: number, row: number, frame: number, value: number): string;
  author: Record<'title' | 'draw' | 'marks' | 'wordsKo' | 'wordsEn' | 'save' | 'discard' | 'show' | 'words' | 'move' | 'moveHint' | 'remove' | 'saved' | 'failed' | 'saveLayout' | 'layoutSaved' | 'askWords', string>;
  helpTitle: string;
  helpKeys: readonly (readonly [string, string])[];
}

const en: Words = {
  tools: { scroll: 'Scroll', window: 'Window', pan: 'Pan', zoom: 'Zoom' },
  measures: { length: 'Length', angle: 'Angle', bidirectional: 'Two diameters', ellipse: 'Ellipse with values', probe: 'Value at a point' },
  markKinds: { arrow: 'Arrow', ellipse: 'Ellipse', region: 'Region', text: 'Text' },
  presets: { lung: 'Lung', mediastinum: 'Mediastinum', bone: 'Bone' },
  commands: {
    invert: 'Invert',
    rotate: 'Turn by a quarter',
    flip: 'Mirror',
    fit: 'Fit to the cell',
    oneToOne: 'One image pixel to one screen pixel',
    reset: 'Reset view',
    clear: 'Clear measurements',
    help: 'Help',
    fullScreen: 'Full screen',
    leaveFullScreen: 'Leave full screen',
    link: 'Scroll together',
    cine: 'Play the stack',
    mpr: 'Other planes (MPR)',
    marks: 'Arrows and regions',
    copyLink: 'Copy a link to this view',
    dataSaver: 'Save data',
  },
  planes: { axial: 'Axial', coronal: 'Coronal', sagittal: 'Sagittal' },
  slabs: { average: 'Average', most: 'Maximum (MIP)', least: 'Minimum (MinIP)' },
  ninths: [
    ['upper left', 'upper middle', 'upper right'],
    ['middle left', 'middle', 'middle right'],
    ['lower left', 'lower middle', 'lower right'],
  ],
  linked: { off: 'Nothing to scroll together', space: 'Scrolling together, by position in the patient', step: 'Scrolling together, from where the images stand now' },
  mprRefused: {
    few: 'Other planes need at least eight slices.',
    unplaced: 'The images do not say where in the patient they lie, so no other plane can be computed.',
    tilted: 'The slices are tilted against each other, so other planes would be distorted.',
    uneven: 'The slices are not evenly spaced, so other planes would be distorted.',
    sizes: 'The slices differ in size, so no other plane can be computed.',
    colour: 'Other planes are computed for grey images only.',
    memory: 'The whole series does not fit into this device’s memory, so other planes cannot be shown here.',
    values: 'The slices scale their values differently, so no other plane can be computed.',
  },
  toolGroup: 'Tool for dragging',
  windowGroup: 'Window',
  windowEntry: 'Window in numbers',
  viewGroup: 'View',
  layoutGroup: 'Layout',
  measureGroup: 'Measure',
  moreGroup: 'More',
  seriesGroup: 'Series',
  segments: 'Cell to show',
  noSeries: 'Nothing',
  close: 'Close',
  retry: 'Try again',
  apply: 'Apply',
  level: 'Level',
  width: 'Width',
  speed: 'Images a second',
  slider: 'Slice',
  window: 'W',
  zoom: 'Zoom',
  thickness: 'Thk',
  position: 'Pos',
  keyImage: 'Key image',
  loading: 'Loading images…',
  preview: 'Preview; the image is on its way',
  noImages: 'This series has no images to show.',
  seriesFailed: 'The images could not be loaded. Check your connection and try again.',
  detector: 'at detector',
  pixels: 'px',
  noValue: 'no value here',
  unlinked: 'Each cell scrolls by itself',
  marksShown: 'Arrows and regions are shown',
  marksHidden: 'Arrows and regions are hidden',
  linkCopied: 'Link copied',
  linkInAddress: 'The link to this view is copied and stands in the address bar.',
  savingData: 'Saving data: images load only as you look at them',
  notSavingData: 'Loading the whole stack',
  askTitle: 'Load the rest?',
  loadAsSeen: 'Only what I look at',
  keysHint: 'Arrow keys turn the slices; the question mark lists all keys.',
  drawHint: 'Drag on the image, or press Enter to place points with the arrow keys.',
  caretHint: 'Crosshair in the middle. Arrow keys move it, Shift moves it further, Enter places the point.',
  mprTitle: 'Other planes',
  mprReady: 'Three planes. Arrow keys turn the slices of a plane; with Shift they move the crosshair.',
  mprClose: 'Back to the images',
  planeRole: 'plane',
  slab: 'Slab',
  slabThickness: 'Thickness in mm',
  loaded: (loaded, total) => `${loaded} of ${total} loaded`,
  toCome: (amount) => `${amount} to come`,
  toComeFor: (amount, seconds) => `${amount} to come, about ${seconds} s`,
  loadRest: (amount) => `Load all (${amount})`,
  ask: (images, amount) => `You save data. The other ${images} images are about ${amount}.`,
  slice: (slice, total) => `Slice ${slice} of ${total}`,
  sliceLoading: (slice) => `Loading slice ${slice}…`,
  sliceFailed: (slice) => `Slice ${slice} could not be loaded.`,
  chooseSeries: (cell) => `Series in cell ${cell}`,
  cell: (number) => `Cell ${number}`,
  layout: (rows, columns) => `${rows} ${rows > 1 ? 'rows' : 'row'}, ${columns} ${columns > 1 ? 'columns' : 'column'}`,
  ellipse: (mean, range, area) => `${mean} (${range}), ${area}`,
  mark: (kind, place, label) => `${kind} at the ${place} of the image${label ? `: ${label}` : ''}`,
  pointDown: (count, wanted, isOpenEnded) => (isOpenEnded ? `Point ${count}. Enter twice in one place closes the region.` : `Point ${count} of ${wanted}`),
  removed: (words) => `Removed: ${words}`,
  planeAt: (name, at, count) => `${name} ${at} / ${count}`,
  crosshair: (column, row, frame, value) => `Column ${column}, row ${row}, slice ${frame}: ${Math.round(value)}`,
  author: {
    title: 'What readers will find',
    draw: 'Draw for readers',
    marks: 'Arrows and regions of this case',
    wordsKo: 'Words in Korean',
    wordsEn: 'Words in English',
    save: 'Keep',
    discard: 'Discard',
    show: 'Show',
    words: 'Words',
    move: 'Move',
    moveHint: 'Move with the arrow keys',
    remove: 'Delete',
    saved: 'Saved. Readers see it once the case is published and its answer is open.',
    failed: 'This could not be saved. Try again.',
    saveLayout: 'Readers begin with this view',
    layoutSaved: 'Readers of the next version begin with this view.',
    askWords: 'Write what it shows, then keep it.',
  },
  helpTitle: 'Mouse, touch and keys',
  helpKeys: [
    ['Wheel · ↑ ↓ ← →', 'One slice'],
    ['Page Up · Page Down', 'Ten slices'],
    ['Home · End', 'First, last slice'],
    ['Drag', 'The tool chosen in the bar'],
    ['Right drag · + −', 'Zoom'],
    ['Middle drag · Shift + arrows', 'Pan'],
    ['One finger · two fingers', 'The chosen tool · zoom and pan'],
    ['A finger that rests', 'Measure a length'],
    ['Stroke sideways · N', 'The next cell'],
    ['1 · 2 · 3', 'Lung, mediastinum, bone window (CT)'],
    ['W', 'Window tool'],
    ['L · A · B · E · P', 'Length, angle, two diameters, ellipse, value'],
    ['Enter · arrows · Esc', 'Place points without a pointer · give up'],
    ['Delete', 'Remove the last measurement on this slice'],
    ['I · T · H', 'Invert · turn · mirror'],
    ['0 · X · R', 'Fit · one to one · reset view'],
    ['K', 'Scroll the cells together'],
    ['V', 'Other planes (MPR); Shift + arrows move the crosshair'],
    ['S', 'Show or hide arrows and regions'],
    ['C', 'Play the stack'],
    ['F · ?', 'Full screen · this help'],
  ],
};

const ko: Words = {
  tools: { scroll: '넘기기', window: '윈도우', pan: '이동', zoom: '확대' },
  measures: { length: '길이', angle: '각도', bidirectional: '두 지름', ellipse: '타원 안의 값', probe: '한 점의 값' },
  markKinds: { arrow: '화살표', ellipse: '타원', region: '영역', text: '글' },
  presets: { lung: '폐', mediastinum: '종격동', bone: '뼈' },
  commands: {
    invert: '흑백 반전',
    rotate: '90도 돌리기',
    flip: '좌우 뒤집기',
    fit: '칸에 맞추기',
    oneToOne: '영상 1화소를 화면 1화소로',
    reset: '처음 보기로',
    clear: '측정 지우기',
    help: '도움말',
    fullScreen: '전체 화면',
    leaveFullScreen: '전체 화면 끝내기',
    link: '함께 넘기기',
    cine: '연속 재생',
    mpr: '다른 단면 (MPR)',
    marks: '화살표와 영역',
    copyLink: '이 화면의 주소 복사',
    dataSaver: '데이터 아끼기',
  },
  planes: { axial: '축상면', coronal: '관상면', sagittal: '시상면' },
  slabs: { average: '평균', most: '최대값 (MIP)', least: '최소값 (MinIP)' },
  ninths: [
    ['왼쪽 위', '가운데 위', '오른쪽 위'],
    ['왼쪽 가운데', '한가운데', '오른쪽 가운데'],
    ['왼쪽 아래', '가운데 아래', '오른쪽 아래'],
  ],
  linked: { off: '함께 넘길 영상이 없습니다', space: '환자 안의 위치를 기준으로 함께 넘깁니다', step: '지금 보이는 위치를 기준으로 함께 넘깁니다' },
  mprRefused: {
    few: '다른 단면을 만들려면 영상이 여덟 장 이상 있어야 합니다.',
    unplaced: '영상에 환자 안의 위치가 적혀 있지 않아 다른 단면을 만들 수 없습니다.',
    tilted: '영상들이 서로 기울어져 있어 다른 단면이 일그러집니다.',
    uneven: '영상 간격이 고르지 않아 다른 단면이 일그러집니다.',
    sizes: '영상 크기가 서로 달라 다른 단면을 만들 수 없습니다.',
    colour: '다른 단면은 흑백 영상에서만 만들 수 있습니다.',
    memory: '이 기기의 메모리에 시리즈 전체가 들어가지 않아 다른 단면을 보여 드릴 수 없습니다.',
    values: '영상마다 값의 척도가 달라 다른 단면을 만들 수 없습니다.',
  },
  toolGroup: '끌기 도구',
  windowGroup: '윈도우',
  windowEntry: '윈도우 값 입력',
  viewGroup: '보기',
  layoutGroup: '화면 배치',
  measureGroup: '측정',
  moreGroup: '더 보기',
  seriesGroup: '시리즈',
  segments: '보여 줄 칸',
  noSeries: '없음',
  close: '닫기',
  retry: '다시 시도',
  apply: '적용',
  level: '레벨',
  width: '폭',
  speed: '초당 영상 수',
  slider: '영상 번호',
  window: 'W',
  zoom: '배율',
  thickness: '두께',
  position: '위치',
  keyImage: '주요 영상',
  loading: '영상을 불러오는 중…',
  preview: '미리보기 · 원본을 불러오는 중',
  noImages: '이 시리즈에는 보여 드릴 영상이 없습니다.',
  seriesFailed: '영상을 불러오지 못했습니다. 연결을 확인하고 다시 시도해 주세요.',
  detector: '검출기 기준',
  pixels: '화소',
  noValue: '값이 없는 곳',
  unlinked: '칸마다 따로 넘깁니다',
  marksShown: '화살표와 영역을 보여 줍니다',
  marksHidden: '화살표와 영역을 숨겼습니다',
  linkCopied: '주소를 복사했습니다',
  linkInAddress: '이 화면의 주소를 복사했습니다. 주소창에도 있습니다.',
  savingData: '데이터 아끼기: 보는 영상만 불러옵니다',
  notSavingData: '시리즈 전체를 불러옵니다',
  askTitle: '나머지도 불러올까요?',
  loadAsSeen: '보는 영상만',
  keysHint: '화살표 키로 영상을 넘기고, 물음표 키로 모든 키를 볼 수 있습니다.',
  drawHint: '영상 위에서 끌거나, Enter를 누르고 화살표 키로 점을 찍으세요.',
  caretHint: '십자선이 가운데에 있습니다. 화살표 키로 옮기고, Shift를 함께 누르면 멀리 가며, Enter로 점을 찍습니다.',
  mprTitle: '다른 단면',
  mprReady: '세 단면입니다. 화살표 키로 단면을 넘기고, Shift와 함께 누르면 십자선이 움직입니다.',
  mprClose: '영상으로 돌아가기',
  planeRole: '단면',
  slab: '두께 합성',
  slabThickness: '두께(mm)',
  loaded: (loaded, total) => `${total}장 중 ${loaded}장 불러옴`,
  toCome: (amount) => `남은 양 ${amount}`,
  toComeFor: (amount, seconds) => `남은 양 ${amount}, 약 ${seconds}초`,
  loadRest: (amount) => `모두 불러오기 (${amount})`,
  ask: (images, amount) => `데이터를 아끼고 있습니다. 나머지 ${images}장은 약 ${amount}입니다.`,
  slice: (slice, total) => `${total}장 중 ${slice}번째 영상`,
  sliceLoading: (slice) => `${slice}번째 영상을 불러오는 중…`,
  sliceFailed: (slice) => `${slice}번째 영상을 불러오지 못했습니다.`,
  chooseSeries: (cell) => `${cell}번 칸의 시리즈`,
  cell: (number) => `${number}번 칸`,
  layout: (rows, columns) => `${rows}행 ${columns}열`,
  ellipse: (mean, range, area) => `${mean} (${range}), ${area}`,
  mark: (kind, place, label) => `영상 ${place}의 ${kind}${label ? `: ${label}` : ''}`,
  pointDown: (count, wanted, isOpenEnded) => (isOpenEnded ? `${count}번째 점. 같은 자리에서 Enter를 두 번 누르면 영역이 닫힙니다.` : `점 ${wanted}개 중 ${count}번째`),
  removed: (words) => `지움: ${words}`,
  planeAt: (name, at, count) => `${name} ${at} / ${count}`,
  crosshair: (column, row, frame, value) => `${column}열 ${row}행, ${frame}번째 영상: ${Math.round(value)}`,
  author: {
    title: '독자가 보게 될 것',
    draw: '독자를 위해 그리기',
    marks: '이 증례의 화살표와 영역',
    wordsKo: '한국어 설명',
    wordsEn: '영어 설명',
    save: '남기기',
    discard: '버리기',
    show: '보기',
    words: '설명',
    move: '옮기기',
    moveHint: '화살표 키로 옮기기',
    remove: '지우기',
    saved: '저장했습니다. 증례가 발행되고 정답을 펼치면 독자에게 보입니다.',
    failed: '저장하지 못했습니다. 다시 시도해 주세요.',
    saveLayout: '독자가 이 화면부터 보기',
    layoutSaved: '다음 판의 독자는 이 화면부터 봅니다.',
    askWords: '무엇을 보여 주는지 적고 남겨 주세요.',
  },
  helpTitle: '마우스, 터치, 키보드',
  helpKeys: [
    ['휠 · ↑ ↓ ← →', '한 장씩'],
    ['Page Up · Page Down', '열 장씩'],
    ['Home · End', '처음, 끝 영상'],
    ['끌기', '막대에서 고른 도구'],
    ['오른쪽 끌기 · + −', '확대, 축소'],
    ['가운데 끌기 · Shift + 화살표', '이동'],
    ['한 손가락 · 두 손가락', '고른 도구 · 확대와 이동'],
    ['손가락으로 길게 누르기', '길이 재기'],
    ['옆으로 쓸기 · N', '다음 칸'],
    ['1 · 2 · 3', '폐, 종격동, 뼈 윈도우 (CT)'],
    ['W', '윈도우 도구'],
    ['L · A · B · E · P', '길이, 각도, 두 지름, 타원, 한 점의 값'],
    ['Enter · 화살표 · Esc', '마우스 없이 점 찍기 · 그만두기'],
    ['Delete', '이 영상의 마지막 측정 지우기'],
    ['I · T · H', '흑백 반전 · 돌리기 · 뒤집기'],
    ['0 · X · R', '맞추기 · 1:1 · 처음 보기로'],
    ['K', '칸을 함께 넘기기'],
    ['V', '다른 단면(MPR), Shift + 화살표로 십자선 이동'],
    ['S', '화살표와 영역 보이기, 숨기기'],
    ['C', '연속 재생'],
    ['F · ?', '전체 화면 · 도움말'],
  ],
};

export const text: Words = document.documentElement.lang.toLowerCase().startsWith('ko') ? ko : en;
