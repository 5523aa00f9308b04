/** The part of CharLS's JavaScript that is used here; the package has no types for it. */
declare module '@cornerstonejs/codec-charls/decodewasmjs' {
  interface JpegLSDecoder {
    getEncodedBuffer(length: number): Uint8Array;
    decode(): void;
    getDecodedBuffer(): Uint8Array;
  }
  interface Codec {
    JpegLSDecoder: new () => JpegLSDecoder;
  }
  export default function charls(options: { locateFile: (name: string) => string }): Promise<Codec>;
}
