import { type RuleName, rules } from '../saml/flaws/flaw.ts';
import { type FlawName, flawNames, flaws } from '../saml/flaws/index.ts';
import { type Html, html } from './html.ts';

/** The choice of a flaw, grouped by the rule that it breaks. */
export function flawSelect(id: string, name: string, chosen: FlawName | undefined): Html {
  const groups = (Object.keys(rules) as RuleName[]).map((rule) => {
    const options = flawNames.filter((flaw) => flaws[flaw].rule === rule).map((flaw) => option(flaw, chosen === flaw));
    return options.length === 0 ? html`` : html`<optgroup label="${rules[rule]}">${options}</optgroup>`;
  });
  return html`<select id="${id}" name="${name}"><option value="">Behave</option>${groups}</select>`;
}

function option(flaw: FlawName, isChosen: boolean): Html {
  const label = `${flaw}: ${flaws[flaw].description}`;
  return isChosen
    ? html`<option value="${flaw}" selected>${label}</option>`
    : html`<option value="${flaw}">${label}</option>`;
}
