from django.http import HttpRequest, HttpResponse
from django.urls import path

from webhooks import webhooks


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Hello")


urlpatterns = [
    path("", hello),
    path("api/webhooks", webhooks),
]
