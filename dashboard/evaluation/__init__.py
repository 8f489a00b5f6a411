"""The Evaluation tab: what the address asks for, and each part of the page as what its template draws."""
