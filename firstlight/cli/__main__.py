from firstlight.cli import app

app(prog_name="firstlight")
