import { createServiceClient, describeProblem, log, parseCallee, type ServiceClient } from './telemetry';

/** A client for the service called `name` in the construct, from this process's environment. */
export function createCalleeClient(name: string): ServiceClient {
  const { callee, problems } = parseCallee(process.env, name);
  for (const problem of problems) log.warn(describeProblem(problem));
  return createServiceClient(callee);
}
