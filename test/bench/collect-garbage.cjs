// Loaded before an application: collects the garbage of its process when the bench asks for it.
const { Session } = require('node:inspector');

// Held here, because it would be garbage as well.
let session;

process.on('message', () => {
  if (session === undefined) {
    session = new Session();
    session.connect();
  }
  // All that can be had, as when memory is low: a mere `gc()` leaves V8 the room for new objects that the load made it take.
  // And not by `--expose-gc`, because V8 takes no code cache that was made with other flags.
  session.post('HeapProfiler.collectGarbage', (error) => {
    process.send(error ? { failed: error.message } : { collected: true });
  });
});
