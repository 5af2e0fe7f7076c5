"""Processes: killable children with limits, and receipts of what is finished."""
