/** Empties modules this viewer never calls, so that their dependencies stay out of the build. */

import type { Plugin } from 'vite';

/** Volumes, video, whole slides, ECG, meshes, Part 10 files and JPEG XL: a stack of frames needs none of them. */
const NEVER_CALLED = [
  /@cornerstonejs\/core\/dist\/esm\/RenderingEngine\/(VolumeViewport3D|VolumeViewport|VideoViewport|WSIViewport|ECGViewport)\.js$/,
  /@cornerstonejs\/core\/dist\/esm\/RenderingEngine\/GenericViewport\/(ECG|Planar|Video|Volume3D|WSI)\/(?!index\.js$)[^/]+\.js$/,
  /@cornerstonejs\/core\/dist\/esm\/cache\/classes\/Mesh\.js$/,
  /@cornerstonejs\/dicom-image-loader\/dist\/esm\/imageLoader\/registerLoaders\.js$/,
  /@cornerstonejs\/dicom-image-loader\/dist\/esm\/imageLoader\/wadouri\/(?!index\.js$).+\.js$/,
  /@cornerstonejs\/dicom-image-loader\/dist\/esm\/shared\/decoders\/decodeJPEGXL\.js$/,
  /@cornerstonejs\/metadata\/dist\/esm\/registerDefaultProviders\.js$/,
  /@cornerstonejs\/metadata\/dist\/esm\/(displayset|safeFunctions)\/(?!index\.js$).+\.js$/,
  /@cornerstonejs\/metadata\/dist\/esm\/utilities\/(Tags|metadataProvider\/.+|dicomStream\/.+)\.js$/,
  /@kitware\/vtk\.js\/Rendering\/WebGPU\//,
];

/** Published without `sideEffects: false`, though importing it does nothing by itself. */
const DOES_NOTHING_ON_IMPORT = /@cornerstonejs\/dicom-image-loader\/dist\/esm\/imageLoader\//;

export function leaveOut(): Plugin {
  return {
    name: 'leave-out',
    enforce: 'pre',
    transform(code, id) {
      if (NEVER_CALLED.some((pattern) => pattern.test(id))) {
        return { code: emptied(exportedNames(this.parse(code) as unknown as Program)), map: null, moduleSideEffects: false };
      }
      return DOES_NOTHING_ON_IMPORT.test(id) ? { moduleSideEffects: false } : null;
    },
  };
}

interface Program {
  body: ExportNode[];
}
interface ExportNode {
  type: string;
  declaration?: { id?: { name: string }; declarations?: { id: { name: string } }[] } | null;
  specifiers?: { exported: { name?: string; value?: string } }[];
}

export function exportedNames({ body }: Program): string[] {
  return body.flatMap((node) => {
    if (node.type === 'ExportDefaultDeclaration') return ['default'];
    if (node.type !== 'ExportNamedDeclaration') return [];
    const declared = node.declaration?.declarations?.map(({ id }) => id.name) ?? (node.declaration?.id ? [node.declaration.id.name] : []);
    return [...declared, ...(node.specifiers ?? []).map(({ exported }) => exported.name ?? exported.value ?? '')];
  });
}

/** Each export becomes a function that says, if it is ever called after all, that it is not here. */
function emptied(names: string[]): string {
  const exports = names.map((name) => `absent as ${name}`).join(', ');
  return `function absent() { throw new Error('left out of this build'); }\nexport { ${exports} };\n`;
}
