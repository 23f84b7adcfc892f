import type { FieldError } from '@gatehouse/contracts';
import { type UseFormReturnType, useForm } from '@mantine/form';
import { type FormEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { asProblem, type FieldMap, placeErrors } from './field-errors.ts';

export interface ServerFormOptions<Values extends object> {
  readonly initialValues: Values;
  readonly map: FieldMap<Extract<keyof Values, string>>;
  /** Sends the values; a refusal comes back as an ApiProblem. */
  readonly send: (values: Values) => Promise<void>;
  /** What must hold before anything is sent: two equal passphrases, for instance. */
  readonly before?: (values: Values) => Partial<Record<keyof Values, string>>;
}

export interface ServerForm<Values extends object> {
  readonly form: UseFormReturnType<Values>;
  readonly ref: RefObject<HTMLFormElement | null>;
  readonly busy: boolean;
  /** A refusal that no field can show, in whole or in part. */
  readonly problem: { readonly error: unknown; readonly rest: readonly FieldError[] } | undefined;
  readonly onSubmit: (event: FormEvent<HTMLFormElement>) => void;
  clearProblem(): void;
}

/**
 * A form whose rules live on the server: what it refuses is put at the fields, and the focus goes to the first of them.
 */
export const useServerForm = <Values extends object>(options: ServerFormOptions<Values>): ServerForm<Values> => {
  const form = useForm<Values>({ mode: 'controlled', initialValues: options.initialValues });
  const ref = useRef<HTMLFormElement>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ServerForm<Values>['problem']>(undefined);
  const [refusals, setRefusals] = useState(0);

  useEffect(() => {
    if (refusals === 0) return;
    const wrong = ref.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    if (wrong !== null && wrong !== undefined) return wrong.focus();
    // The words stand above the fields, and the button below them.
    ref.current?.querySelector('[role="alert"]')?.scrollIntoView({ block: 'center' });
  }, [refusals]);

  const refuse = (fields: Readonly<Partial<Record<keyof Values, string>>>): void => {
    form.setErrors({ ...fields });
    setRefusals((count) => count + 1);
  };

  const submit = async (): Promise<void> => {
    setProblem(undefined);
    form.clearErrors();
    const early = options.before?.(form.values);
    if (early !== undefined && Object.keys(early).length > 0) return refuse(early);
    setBusy(true);
    try {
      await options.send(form.values);
    } catch (error) {
      const placed = placeErrors(asProblem(error), options.map);
      const isPlaced = Object.keys(placed.fields).length > 0;
      if (!isPlaced || placed.rest.length > 0) setProblem({ error, rest: placed.rest });
      refuse(placed.fields as Partial<Record<keyof Values, string>>);
    } finally {
      setBusy(false);
    }
  };

  return {
    form,
    ref,
    busy,
    problem,
    onSubmit: (event) => {
      event.preventDefault();
      // A dialog's form lies in a portal: React would carry its submit on to a form around it.
      event.stopPropagation();
      if (!busy) void submit();
    },
    clearProblem: () => setProblem(undefined),
  };
};
