import { buildHello } from '../hello';

const app = buildHello({ logger: process.env['SILENT'] === undefined });
void app.listen({ host: '127.0.0.1', port: Number(process.env['PORT']) });
