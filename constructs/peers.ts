import { checkPeers } from '../services/peers';

// Optional peers, so that whoever only uses the telemetry does not download the bindings. Imported before anything else.
checkPeers('traced-cloud-run', ['cdktf', 'constructs', '@cdktf/provider-google']);
