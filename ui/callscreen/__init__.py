"""The call screen: who is called to which counter, for a waiting area of people."""
