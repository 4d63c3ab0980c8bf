import { fastify, type FastifyInstance, type FastifyServerOptions } from 'fastify';

/** The application under test, the same for every variant: `GET /` answers at once, `GET /out` after one outgoing `fetch`. */
export function buildHello(options: FastifyServerOptions): FastifyInstance {
  const app = fastify(options);
  app.get('/', () => ({ hello: 'world' }));
  app.get('/out', async () => {
    const response = await fetch(process.env['OUT_URL'] ?? '');
    return { hello: await response.text() };
  });
  return app;
}
