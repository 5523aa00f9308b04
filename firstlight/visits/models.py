from django.db import models


class Day(models.Model):
    """A day on the site's clock, and the key that its visitors' marks are made with until the day is over."""

    on = models.DateField(primary_key=True)
    key = models.BinaryField(null=True)
    is_closed = models.BooleanField(default=False)
    late_requests = models.PositiveIntegerField(default=0, help_text="came after the day was closed, and not counted")

    def __str__(self) -> str:
        return str(self.on)


class Request(models.Model):
    """What a day's visitor asked for, and when: kept until the day is closed, since double clicks are found in it."""

    day = models.DateField()
    visitor = models.CharField(max_length=24)
    country = models.CharField(max_length=2, blank=True)
    group = models.CharField(max_length=120, blank=True)
    item = models.CharField(max_length=120)
    second = models.BigIntegerField(help_text="since 1970")
    times = models.PositiveIntegerField(help_text="how often within that second")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["day", "visitor", "group", "item", "second"], name="visits_request_once"),
        )

    def __str__(self) -> str:
        return f"{self.item} on {self.day}"


class Journal(models.Model):
    """How far a web process's file of requests has been read: kept in the transaction that counts them."""

    name = models.CharField(max_length=80, primary_key=True)
    read_bytes = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Tally(models.Model):
    """The numbers of one day and country: of an item, of a group (no item), of the whole site (neither)."""

    day = models.DateField()
    is_replayed = models.BooleanField(default=False)
    group = models.CharField(max_length=120, blank=True)
    item = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2, blank=True)
    views = models.IntegerField(default=0)
    unique_views = models.IntegerField(default=0)
    visitors = models.IntegerField(default=0)
    double_clicks = models.IntegerField(default=0)
    robots = models.IntegerField(default=0)
    ahead = models.IntegerField(default=0)
    unmarked = models.IntegerField(default=0)

    class Meta:
        ordering = ("day", "is_replayed", "group", "item", "country")
        verbose_name_plural = "tallies"
        constraints = (
            models.UniqueConstraint(
                fields=["day", "is_replayed", "group", "item", "country"], name="visits_tally_once"
            ),
        )
        indexes = (models.Index(fields=["item", "group", "day"], name="visits_tally_of_item"),)

    def __str__(self) -> str:
        return f"{self.item or self.group or 'site'} on {self.day}"
