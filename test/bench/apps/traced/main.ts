import { telemetry } from '../../../../services/telemetry/boot';
import { serve } from '../../../../services/telemetry';
import { buildHello } from '../hello';

void serve(buildHello({}), { telemetry, host: '127.0.0.1' });
