"""What reporters meet: the intake document, their report, its attachments and their mailbox."""
