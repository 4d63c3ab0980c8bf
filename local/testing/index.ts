import './peers';
import './install-trace-matchers';

export type { ExpectedSpan } from './expected-span';
export {
  type DeployOptions,
  LocalCloud,
  type ServiceResponse,
  type TestCloudOptions,
  type TraceOptions,
} from './local-cloud';
export type { TraceReport } from '../control/trace-report';
export { DeployError } from './terraform';
export type { TerraformDiagnostic } from './terraform-diagnostics';
export { traceMatchers } from './trace-matchers';
