import { telemetry } from '../telemetry/boot';
import { runService } from '../run-service';
import { buildTemplate } from './app';

void runService(() => buildTemplate(), { telemetry });
