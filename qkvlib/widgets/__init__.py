"""Live widgets for the lessons: the worksheet and its small companions."""
