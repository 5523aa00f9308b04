"""Chromium as the tests and the bench drive it."""

from playwright.sync_api import Page

SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def sign_in(page: Page, email: str, password: str) -> None:
    """Sign in through the page."""
    page.goto("/account/login/")
    page.fill("#id_login", email)
    page.fill("#id_password", password)
    page.click("main .actions button")
    page.wait_for_url("**/")
