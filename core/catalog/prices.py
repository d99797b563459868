"""Price books: one TOML file each in `price_books/`, a source and a date in every row. Edit them, or add one."""

import tomllib
from functools import cache
from importlib.resources import files

from core.catalog.names import closest, compact, unknown
from core.errors import NotFound
from state.economics import NamedPriceBook


@cache
def price_books() -> tuple[NamedPriceBook, ...]:
    """Every book, by name."""
    folder = files(__package__).joinpath("price_books")
    books = [
        NamedPriceBook.model_validate(tomllib.loads(file.read_text("utf-8")))
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    ]
    return tuple(sorted(books, key=lambda book: book.name))


def find_price_book(name: str) -> NamedPriceBook:
    """The book of that name.

    Raises
    ------
    NotFound
        No book has that name; the message suggests the nearest.
    """
    for book in price_books():
        if compact(book.name) == compact(name):
            return book
    names = [book.name for book in price_books()]
    raise NotFound(unknown("price book", name, closest(name, names) or names))


def price_book_of(currency: str) -> NamedPriceBook | None:
    """The first book in that currency; None without one."""
    return next((book for book in price_books() if book.currency == currency), None)
