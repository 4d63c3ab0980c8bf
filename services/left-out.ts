/**
 * Stands in the bundles for packages that OpenTelemetry's NodeSDK requires and this project never uses. It may be
 * loaded, and says what is wrong as soon as anything in it is used.
 */
const anyName = new Proxy(
  {},
  {
    get(_target, name) {
      // Asked of every module when it is loaded.
      if (typeof name === 'symbol' || name === '__esModule' || name === 'default' || name === 'then') {
        return undefined;
      }
      throw new Error(
        `'${name}' comes from a package that is left out of the bundle; remove that package from LEFT_OUT in services/bundle.ts`,
      );
    },
  },
);

/** As the prototype it is asked by those as well who import a module: they get a copy of its properties. */
const leftOut: object = Object.create(anyName, {
  // NodeSDK calls it at every start, here with none.
  registerInstrumentations: { value: () => {}, enumerable: true },
});

export = leftOut;
