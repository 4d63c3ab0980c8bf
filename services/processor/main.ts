import { telemetry } from '../telemetry/boot';
import { createCalleeClient } from '../callee-client';
import { runService } from '../run-service';
import { buildProcessor } from './app';
import { createGeminiSummary } from './gemini-summary';

void runService(
  () => buildProcessor({ storage: createCalleeClient('storage'), gemini: createGeminiSummary(process.env) }),
  { telemetry },
);
