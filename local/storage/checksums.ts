import { createHash } from 'node:crypto';

/** The Castagnoli polynomial, bits reversed (RFC 9260, appendix A). */
const REVERSED_POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit += 1) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ REVERSED_POLYNOMIAL : remainder >>> 1;
  }
  return remainder;
});

/**
 * The two checksums Cloud Storage keeps of an object. CRC32C is computed here because loading it from
 * `@google-cloud/storage` costs the daemon some 150 ms at every start.
 */
export class Checksums {
  readonly #md5 = createHash('md5');
  #crc = 0xffffffff;

  update(chunk: Uint8Array): void {
    this.#md5.update(chunk);
    let crc = this.#crc;
    for (const byte of chunk) crc = (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
    this.#crc = crc;
  }

  /** Base64, as in the JSON API: CRC32C big-endian, and MD5. Nothing may be added afterwards. */
  digest(): { readonly crc32c: string; readonly md5Hash: string } {
    const crc32c = Buffer.alloc(4);
    crc32c.writeUInt32BE((this.#crc ^ 0xffffffff) >>> 0);
    return { crc32c: crc32c.toString('base64'), md5Hash: this.#md5.digest('base64') };
  }
}
