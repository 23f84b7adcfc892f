import { Button, Stack, TextInput } from '@mantine/core';
import { Navigate, useSearchParams } from 'react-router';
import { useMe, useSignIn } from '../../api/session.ts';
import { Gate } from '../../parts/gate.tsx';
import { PassphraseInput } from '../../parts/passphrase-input.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useServerForm } from '../../parts/server-form.ts';
import { nextPage } from './next-page.ts';

export const SignInPage = () => {
  const [parameters] = useSearchParams();
  const me = useMe();
  const signIn = useSignIn();
  const { form, ref, busy, problem, onSubmit } = useServerForm({
    initialValues: { username: '', passphrase: '' },
    map: { pointers: { '/username': 'username', '/passphrase': 'passphrase' } },
    send: async (values) => {
      await signIn.mutateAsync(values);
    },
  });

  if (me.data !== null && me.data !== undefined) return <Navigate to={nextPage(parameters.get('next'))} replace />;
  return (
    <Gate title="Sign in" description="To the Gatehouse console, for administrators.">
      <form ref={ref} onSubmit={onSubmit} noValidate>
        <Stack>
          {problem !== undefined && <ProblemAlert title="You are not signed in" error={problem.error} />}
          <TextInput
            label="Username"
            type="email"
            autoComplete="username"
            autoFocus
            required
            {...form.getInputProps('username')}
          />
          <PassphraseInput label="Passphrase" autoComplete="current-password" {...form.getInputProps('passphrase')} />
          <Button type="submit" loading={busy} fullWidth>
            Sign in
          </Button>
        </Stack>
      </form>
    </Gate>
  );
};
