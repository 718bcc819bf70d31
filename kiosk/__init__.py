"""The citizen's terminal: touch, card and QR code in, a paper ticket out."""
