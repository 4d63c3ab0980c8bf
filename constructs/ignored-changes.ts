/** Cloud Run and gcloud write these themselves; the provider would take them out again with every deploy. */
const WRITTEN_BY_OTHERS = ['client', 'client_version', 'scaling'];
/**
 * What `gcloud` changes of a revision when it deploys an image. Not the revision's name, which it writes too: sent again
 * with another template, a name that exists is refused, while taking it out is a harmless change.
 */
const WRITTEN_BY_CI = ['template[0].containers[0].image', 'template[0].labels', 'template[0].annotations'];

/**
 * Attributes of a Cloud Run service that a deploy leaves as others wrote them.
 *
 * @param ciDeploysImages whether images are deployed by CI instead of Terraform
 */
export function ignoredChanges(ciDeploysImages: boolean): string[] {
  return ciDeploysImages ? [...WRITTEN_BY_OTHERS, ...WRITTEN_BY_CI] : WRITTEN_BY_OTHERS;
}
