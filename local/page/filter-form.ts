import { type Child, h } from './dom';

/** A field of a filter. Its name is that of a parameter of the address; a checkbox makes it `true`. */
type Field = { readonly name: string; readonly label: string; readonly type?: string } & Readonly<
  Record<string, string | number>
>;

/** A form for parameters of the address, filled with those it has. `onFilter` is called with what is filled in. */
export function filterForm(
  label: string,
  fields: readonly Field[],
  parameters: URLSearchParams,
  listener: { readonly on: 'input' | 'submit'; readonly onFilter: (filters: Record<string, string>) => void },
  ...more: readonly Child[]
): HTMLFormElement {
  const inputs = fields.map(({ label: text, ...attributes }) => {
    const given = parameters.get(attributes.name) ?? '';
    const value =
      attributes.type === 'checkbox' ? { value: 'true', checked: given === 'true' } : { value: given };
    return h('label', {}, text, h('input', { ...attributes, ...value }));
  });
  const form = h('form', { role: 'search', 'aria-label': label }, ...inputs, ...more);
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener(listener.on, () => listener.onFilter(filtersOf(form)));
  return form;
}

/** What is filled in, by the names of the fields. */
export function filtersOf(form: HTMLFormElement): Record<string, string> {
  const fields = [...new FormData(form)].map(([name, value]) => [
    name,
    typeof value === 'string' ? value.trim() : '',
  ]);
  return Object.fromEntries(fields.filter(([, value]) => value !== ''));
}
