import { Program } from './program';

/** `main.js` of every bundle: starts the service. */
const program = new Program(__dirname);
if (program.hasBadCache) {
  const record = {
    severity: 'WARNING',
    message:
      "V8's code cache was not used, the service starts slower: it is damaged, or was made by another version of " +
      'Node.js, or with other flags (NODE_OPTIONS)',
    timestamp: new Date().toISOString(),
  };
  process.stdout.write(`${JSON.stringify(record)}\n`);
}
program.run(module, require);
