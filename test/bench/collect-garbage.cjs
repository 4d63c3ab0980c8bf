// Loaded before an application: collects the garbage of its process when the bench asks for it.
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

process.on('message', () => {
  // Not on the command line: V8 takes no code cache that was made with other flags.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  collect();
  collect();
  process.send('collected');
});
