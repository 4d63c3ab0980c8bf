import { checkPeers } from '../../services/peers';

// Optional peers, so that whoever tests without a cloud does not download them. Imported before anything else.
checkPeers('traced-cloud-run/testing', [
  'cdktf',
  'constructs',
  '@cdktf/provider-google',
  'esbuild',
  '@grpc/grpc-js',
  '@grpc/proto-loader',
  '@msgpack/msgpack',
  'selfsigned',
]);
