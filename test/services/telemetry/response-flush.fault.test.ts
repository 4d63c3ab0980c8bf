import { bundleService, ChildService } from './child-service';
import { Collector } from './collector';
import { send } from './http';

const bundle = bundleService();

let collector: Collector;
beforeEach(() => {
  collector = new Collector();
});
afterEach(() => collector.close());

describe('an instance that is stopped as soon as it has answered, and then removed', () => {
  test.each<[string, Record<string, string>, string[]]>([
    ['has sent its spans with the flush', { TRACED_FLUSH: 'request' }, ['/quick/1']],
    // Without this, the other would prove nothing.
    ['loses its spans without it', {}, []],
  ])('%s', async (_what, env, sent) => {
    const service = await ChildService.start(bundle, { ...(await collector.env()), ...env });
    expect((await send(`${service.url}/quick/1`)).status).toBe(200);
    service.signal('SIGSTOP');
    service.signal('SIGKILL');
    expect(await service.exit()).toEqual({ code: null, signal: 'SIGKILL' });
    expect(collector.paths).toEqual(sent);
  });
});
