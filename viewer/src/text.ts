/** Every word the viewer says, in Korean and English. */

import type { PresetName } from './presets';
import type { ToolName } from './tools';

interface Words {
  tools: Record<ToolName, string>;
  presets: Record<PresetName, string>;
  toolGroup: string;
  windowGroup: string;
  viewGroup: string;
  seriesGroup: string;
  invert: string;
  reset: string;
  clear: string;
  help: string;
  fullScreen: string;
  leaveFullScreen: string;
  close: string;
  retry: string;
  slider: string;
  window: string;
  zoom: string;
  thickness: string;
  position: string;
  keyImage: string;
  loading: string;
  noImages: string;
  seriesFailed: string;
  detector: string;
  pixels: string;
  loaded(loaded: number, total: number): string;
  slice(slice: number, total: number): string;
  sliceLoading(slice: number): string;
  sliceFailed(slice: number): string;
  helpTitle: string;
  helpKeys: readonly (readonly [string, string])[];
}

const en: Words = {
  tools: { scroll: 'Scroll', window: 'Window', pan: 'Pan', zoom: 'Zoom', length: 'Measure' },
  presets: { lung: 'Lung', mediastinum: 'Mediastinum', bone: 'Bone' },
  toolGroup: 'Tool for dragging',
  windowGroup: 'Window presets',
  viewGroup: 'View',
  seriesGroup: 'Series',
  invert: 'Invert',
  reset: 'Reset view',
  clear: 'Clear measurements',
  help: 'Help',
  fullScreen: 'Full screen',
  leaveFullScreen: 'Leave full screen',
  close: 'Close',
  retry: 'Try again',
  slider: 'Slice',
  window: 'W',
  zoom: 'Zoom',
  thickness: 'Thk',
  position: 'Pos',
  keyImage: 'Key image',
  loading: 'Loading images…',
  noImages: 'This series has no images to show.',
  seriesFailed: 'The images could not be loaded. Check your connection and try again.',
  detector: 'at detector',
  pixels: 'px',
  loaded: (loaded, total) => `${loaded} of ${total} loaded`,
  slice: (slice, total) => `Slice ${slice} of ${total}`,
  sliceLoading: (slice) => `Loading slice ${slice}…`,
  sliceFailed: (slice) => `Slice ${slice} could not be loaded.`,
  helpTitle: 'Mouse, touch and keys',
  helpKeys: [
    ['Wheel · ↑ ↓ ← →', 'One slice'],
    ['Page Up · Page Down', 'Ten slices'],
    ['Home · End', 'First, last slice'],
    ['Drag', 'The tool chosen in the bar'],
    ['Right drag · + −', 'Zoom'],
    ['Middle drag', 'Pan'],
    ['One finger · two fingers', 'The chosen tool · zoom and pan'],
    ['1 · 2 · 3', 'Lung, mediastinum, bone window (CT)'],
    ['I', 'Invert'],
    ['R', 'Reset view'],
    ['Delete', 'Remove the last measurement on this slice'],
    ['F · ?', 'Full screen · this help'],
  ],
};

const ko: Words = {
  tools: { scroll: '넘기기', window: '윈도우', pan: '이동', zoom: '확대', length: '길이' },
  presets: { lung: '폐', mediastinum: '종격동', bone: '뼈' },
  toolGroup: '끌기 도구',
  windowGroup: '윈도우 설정',
  viewGroup: '보기',
  seriesGroup: '시리즈',
  invert: '흑백 반전',
  reset: '처음 보기로',
  clear: '측정 지우기',
  help: '도움말',
  fullScreen: '전체 화면',
  leaveFullScreen: '전체 화면 끝내기',
  close: '닫기',
  retry: '다시 시도',
  slider: '영상 번호',
  window: 'W',
  zoom: '배율',
  thickness: '두께',
  position: '위치',
  keyImage: '주요 영상',
  loading: '영상을 불러오는 중…',
  noImages: '이 시리즈에는 보여 드릴 영상이 없습니다.',
  seriesFailed: '영상을 불러오지 못했습니다. 연결을 확인하고 다시 시도해 주세요.',
  detector: '검출기 기준',
  pixels: '화소',
  loaded: (loaded, total) => `${total}장 중 ${loaded}장 불러옴`,
  slice: (slice, total) => `${total}장 중 ${slice}번째 영상`,
  sliceLoading: (slice) => `${slice}번째 영상을 불러오는 중…`,
  sliceFailed: (slice) => `${slice}번째 영상을 불러오지 못했습니다.`,
  helpTitle: '마우스, 터치, 키보드',
  helpKeys: [
    ['휠 · ↑ ↓ ← →', '한 장씩'],
    ['Page Up · Page Down', '열 장씩'],
    ['Home · End', '처음, 끝 영상'],
    ['끌기', '막대에서 고른 도구'],
    ['오른쪽 끌기 · + −', '확대, 축소'],
    ['가운데 끌기', '이동'],
    ['한 손가락 · 두 손가락', '고른 도구 · 확대와 이동'],
    ['1 · 2 · 3', '폐, 종격동, 뼈 윈도우 (CT)'],
    ['I', '흑백 반전'],
    ['R', '처음 보기로'],
    ['Delete', '이 영상의 마지막 측정 지우기'],
    ['F · ?', '전체 화면 · 도움말'],
  ],
};

export const text: Words = document.documentElement.lang.toLowerCase().startsWith('ko') ? ko : en;
