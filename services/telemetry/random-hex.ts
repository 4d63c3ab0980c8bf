const HEX_OF_BYTE = Array.from({ length: 0x1_00 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** 16 random digits, not all 0. The SDK's generator has a Buffer write them, once a request, at several times the cost. */
export function randomHex(): string {
  return hexOf(1 + Math.random() * 0xff_ff_ff_ff) + hexOf(Math.random() * 0x1_00_00_00_00);
}

function hexOf(word: number): string {
  const pair = (shift: number): string | undefined => HEX_OF_BYTE[(word >>> shift) & 0xff];
  return `${pair(24)}${pair(16)}${pair(8)}${pair(0)}`;
}
