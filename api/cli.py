"""The `solarsync` command."""

import sys

import typer

from api.commands import calculate, database, demo, doctor, drawing, jobs, login, serve, user
from core.errors import ConfigurationError, InvalidInput, PayloadTooLarge, SolarSyncError

app = typer.Typer(
    name="solarsync",
    help="Sizing, fault triage, weather and a safe visit for solar field technicians.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("serve")(serve.serve)
app.command("api")(serve.api)
app.command("worker")(serve.worker)
app.command("scheduler")(serve.scheduler)
app.command("size")(calculate.size)
app.command("triage")(calculate.triage)
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)
app.command("graph")(drawing.graph)
app.command("login")(login.login)
app.command("logout")(login.logout)
app.command("password")(login.password)
app.add_typer(jobs.app, name="jobs")
app.add_typer(database.app, name="db")
app.add_typer(user.app, name="user")

FAILED, WRONG_INPUT = 1, 2


def main() -> None:
    """Run the command; errors of ours become one line each and an exit code, never a traceback."""
    try:
        app()
    except InvalidInput as error:
        for fault in error.errors:
            print(f"{fault.pointer or '/'}: {fault.message}", file=sys.stderr)
        sys.exit(WRONG_INPUT)
    except PayloadTooLarge as error:
        print(f"/: {error.detail}", file=sys.stderr)
        sys.exit(WRONG_INPUT)
    except ConfigurationError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        sys.exit(FAILED)
    except SolarSyncError as error:
        print(error.detail, file=sys.stderr)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
