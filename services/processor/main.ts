import { telemetry } from '../telemetry/boot';
import { createCalleeClient } from '../callee-client';
import { runService } from '../run-service';
import { buildProcessor } from './app';

void runService(() => buildProcessor({ storage: createCalleeClient('storage') }), { telemetry });
