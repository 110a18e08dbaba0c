import { Anchor, Button, PasswordInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { Navigate, useSearchParams } from "react-router";
import { asProblem, problemOf } from "../api/problem.ts";
import { CopyId } from "../parts/CopyId.tsx";
import { PageHead } from "../parts/PageHead.tsx";
import { safeReturnPath, signIn, useSession } from "../session/session.ts";
import { words } from "../words/words.ts";
import "./signIn.css";

/** Asks the platform before the token is kept: a mistyped one is told here. Throws ApiProblem. */
async function checkToken(token: string): Promise<void> {
  let answer: Response;
  try {
    answer = await fetch("/api/status", { headers: { authorization: `Bearer ${token}` }, credentials: "omit" });
  } catch (error) {
    throw asProblem(error);
  }
  if (!answer.ok) throw await problemOf(answer);
}

export function SignInPage() {
  const session = useSession();
  const [search] = useSearchParams();
  if (session.token !== null) return <Navigate to={safeReturnPath(search.get("back"))} replace />;
  return (
    <main className="signIn">
      <PageHead title={`${words.signIn.title} · ${words.product}`} lead={words.signIn.lead} />
      {session.ended === "refused" && (
        <p className="signInNote" role="status">
          {words.signIn.ended}
        </p>
      )}
      <div className="panel signInCard">
        <SignInForm />
        <Where />
      </div>
    </main>
  );
}

function SignInForm() {
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const submit = async (): Promise<void> => {
    // Pasted from a terminal, it may bring spaces or the word Bearer.
    const token = typed.trim().replace(/^bearer\s+/i, "");
    if (token === "") return setError(words.signIn.empty);
    if (!/^[\u0021-\u007e]+$/.test(token)) return setError(words.signIn.refused);
    setAsking(true);
    try {
      await checkToken(token);
      signIn(token);
    } catch (thrown) {
      const problem = asProblem(thrown);
      setError(problem.status === 401 ? words.signIn.refused : `${problem.message} ${problem.hint ?? ""}`.trim());
    } finally {
      setAsking(false);
    }
  };
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    void submit();
  };
  return (
    <form onSubmit={onSubmit} className="signInForm" method="post">
      <PasswordInput
        label={words.signIn.token}
        placeholder={words.signIn.placeholder}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setError(null);
        }}
        error={error}
        autoComplete="current-password"
        spellCheck={false}
        autoFocus
      />
      <Button type="submit" loading={isAsking} h="var(--c360-target)">
        {words.signIn.submit}
      </Button>
    </form>
  );
}

function Where() {
  return (
    <section className="signInWhere">
      <h2>{words.signIn.where}</h2>
      <p>{words.signIn.first}</p>
      <p>
        {words.signIn.another} <CopyId id={words.signIn.command} what="the command" />
      </p>
      <p className="dimmed">{words.signIn.writeKey}</p>
      <Anchor href="/api/docs" size="sm" className="signInDocs">
        {words.shell.apiDocs}
      </Anchor>
    </section>
  );
}
