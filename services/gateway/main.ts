import { telemetry } from '../telemetry/boot';
import { createCalleeClient } from '../callee-client';
import { runService } from '../run-service';
import { buildGateway } from './app';

void runService(
  () => {
    const gateway = buildGateway({ processor: createCalleeClient('processor') });
    // Here `npm run new-service` adds the routes to new services.
    return gateway;
  },
  { telemetry },
);
