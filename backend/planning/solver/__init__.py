"""Which visits, on which day, in which order: pure computing that knows neither database nor Django."""
