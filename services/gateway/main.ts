import { telemetry } from '../telemetry/boot';
import { createCalleeClient } from '../callee-client';
import { runService } from '../run-service';
import { buildGateway } from './app';

void runService(() => buildGateway({ processor: createCalleeClient('processor') }), { telemetry });
