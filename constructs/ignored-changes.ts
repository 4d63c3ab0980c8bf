import type { CloudRunV2Service } from '@cdktf/provider-google/lib/cloud-run-v2-service';
import { Lazy } from 'cdktf';

/** Cloud Run and gcloud write these themselves; the provider would take them out again with every deploy. */
const WRITTEN_BY_OTHERS = ['client', 'client_version', 'scaling'];
/**
 * What `gcloud` changes of a revision when it deploys an image. Not the revision's name, which it writes too: sent again
 * with another template, a name that exists is refused, while taking it out is a harmless change.
 */
const WRITTEN_BY_CI = ['template[0].containers[0].image', 'template[0].labels', 'template[0].annotations'];

/**
 * What Terraform leaves to others in a service, known at synth: an attribute that the stack writes by then, on the
 * resource itself, is the stack's own.
 */
export function ignoredChanges(service: () => CloudRunV2Service, imageManagedElsewhere: boolean): string[] {
  return Lazy.listValue({
    produce: () => {
      const written: Readonly<Record<string, unknown>> = {
        scaling: service().scalingInput,
        client: service().clientInput,
        client_version: service().clientVersionInput,
        ...service()['rawOverrides'],
      };
      const others = WRITTEN_BY_OTHERS.filter((name) => written[name] === undefined);
      return [...others, ...(imageManagedElsewhere ? WRITTEN_BY_CI : [])];
    },
  });
}
