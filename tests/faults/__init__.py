"""Runs that are killed, starved, stopped or lied to: nothing finished is lost, nothing is half-written, nothing runs on."""
