/**
 * What regions are called (Google Cloud, "Regions and zones"): a part of the world, a point of the compass and a number, with
 * a country between them in clouds of partners.
 */
export const REGION = /^[a-z]+(?:-[a-z]+)+[0-9]{1,2}$/;

export const REGION_RULE = "a Google Cloud region, such as 'europe-west1'";
