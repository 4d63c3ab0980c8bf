import { createHash } from 'node:crypto';

/**
 * Node.js and nothing else, no shell: https://github.com/GoogleContainerTools/distroless. Its user `nonroot` (65532) owns
 * the code, because files keep the mode they have here, which may let nobody but their owner read them. It warms the code
 * up as well, so that nothing is left behind that it may not write. The entry point of the base is Node.js itself.
 */
export const DOCKERFILE = `FROM gcr.io/distroless/nodejs24-debian12
ENV NODE_ENV=production
WORKDIR /app
COPY --chown=65532:65532 bundle/ ./
USER nonroot
RUN ["/nodejs/bin/node", "warm-up.js"]
CMD ["main.js"]
`;

/** Hex digits of a tag, as many as of the hash of a bundle. */
const TAG_LENGTH = 16;

/**
 * Tag of the image of a bundle: the same code in the same surroundings is the same image, which is built once.
 *
 * @param bundleHash of the bundle
 * @param dockerfile what the image is made by
 */
export function imageTag(bundleHash: string, dockerfile: string = DOCKERFILE): string {
  return createHash('sha256')
    .update(bundleHash)
    .update('\0')
    .update(dockerfile)
    .digest('hex')
    .slice(0, TAG_LENGTH);
}
