"""The outside world, one module each; each translates its library's errors into ours."""
