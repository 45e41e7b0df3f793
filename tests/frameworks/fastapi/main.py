from dotenv import load_dotenv
from fastapi import FastAPI

load_dotenv()

from webhooks import router  # noqa: E402

app = FastAPI()
app.include_router(router)


@app.get("/")
def hello() -> str:
    return "Hello"
