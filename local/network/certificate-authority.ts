import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** A certificate for the local stand-ins of Google's servers, and the authority that containers trust for it. */
export interface CertificateAuthority {
  /** PEM file with the authority's certificate, for NODE_EXTRA_CA_CERTS and its like. */
  readonly caFile: string;
  /** PEM private key of the server certificate. */
  readonly key: string;
  /** PEM server certificate for *.googleapis.com, localhost and 127.0.0.1. */
  readonly cert: string;
}

/** P-256 keys are made in a millisecond; selfsigned's default digest, SHA-1, is refused by current OpenSSL. */
const KEYS = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;

/**
 * Makes a new authority and one server certificate signed by it (valid for a year, selfsigned's default), and writes
 * `ca.pem` into `directory`. The authority's own key is forgotten: nothing else can ever be signed by it.
 */
export async function createCertificateAuthority(directory: string): Promise<CertificateAuthority> {
  const authority = await generate([{ name: 'commonName', value: 'Local cloud' }], {
    ...KEYS,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: '*.googleapis.com' }], {
    ...KEYS,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: '*.googleapis.com' },
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  await mkdir(directory, { recursive: true });
  const caFile = join(directory, 'ca.pem');
  await writeFile(caFile, authority.cert);
  return { caFile, key: server.private, cert: server.cert };
}
